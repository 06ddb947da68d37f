import { type ReadonlySignal, type Signal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** A screenful around what is seen, so that scrolling meets texts that are there. */
const MARGIN = '600px'

const watched = new WeakMap<Element, Signal<boolean>>()
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) watched.get(target)!.value = isIntersecting
  },
  { rootMargin: MARGIN },
)

/** Whether an element is near what is seen. */
export function useInSight<T extends Element>(): { place: RefObject<T | null>; inSight: ReadonlySignal<boolean> } {
  const place = useRef<T>(null)
  const inSight = useSignal(false)
  useEffect(() => {
    const element = place.current!
    watched.set(element, inSight)
    observer.observe(element)
    return () => observer.unobserve(element)
  }, [])
  return { place, inSight }
}
