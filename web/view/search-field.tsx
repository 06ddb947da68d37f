import type { Signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

interface SearchProps {
  label: string
  placeholder: string
  value: Signal<string>
}

/** `/` leads here from anywhere on the page. */
export function SearchField({ label, placeholder, value }: SearchProps) {
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return
      event.preventDefault()
      field.current?.focus()
    }
    addEventListener('keydown', focus)
    return () => removeEventListener('keydown', focus)
  }, [])
  return (
    <input
      ref={field}
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={value.value}
      onInput={(event) => {
        value.value = event.currentTarget.value
      }}
    />
  )
}
