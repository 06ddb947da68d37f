import { useState } from 'preact/hooks'
import { enter, refusal } from '../state.js'

const left = sessionStorage.getItem('fullnat-left') ?? ''
sessionStorage.removeItem('fullnat-left')

/** The page is open to all, the director is not. */
export function TokenForm() {
  const [text, setText] = useState('')
  const why = refusal.value || left
  return (
    <main class="token-form">
      <h1>fullnat</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void enter(text.trim())
        }}
      >
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" disabled={text.trim() === ''}>
          Open
        </button>
        {why && (
          <p class="refusal" role="alert">
            {why}
          </p>
        )}
        <p class="hint">
          On the director: <code>fullnat token add NAME read</code>, or <code>write</code> to change things.
        </p>
      </form>
    </main>
  )
}
