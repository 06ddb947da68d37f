import { effect, signal } from '@preact/signals'

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

const kept = localStorage.getItem('fullnat-theme')
export const theme = signal<Theme>(THEMES.find((one) => one === kept) ?? 'auto')

effect(() => {
  document.documentElement.dataset.theme = theme.value
  localStorage.setItem('fullnat-theme', theme.value)
})

export function ThemeButton() {
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length]
  return (
    <button
      type="button"
      aria-label={`Theme: ${theme.value}; change to ${next}`}
      onClick={() => {
        theme.value = next
      }}
    >
      Theme: {theme.value}
    </button>
  )
}
