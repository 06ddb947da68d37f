import { type ReadonlySignal, useComputed } from '@preact/signals'
import type { RateRow } from '../../src/api/routes.js'
import { rateOf } from '../state.js'

interface RateProps {
  id: number
  text: (row: RateRow) => string
  /** Nobody sees it change otherwise: it is not changed. */
  inSight: ReadonlySignal<boolean>
  /** Left out where the screen is narrow. */
  wide?: boolean
}

/** One live text: a change of its row touches nothing else. */
export function Rate({ id, text, inSight, wide = false }: RateProps) {
  const shown = useComputed(() => (inSight.value ? text(rateOf(id).value) : ''))
  return <td class={wide ? 'number wide' : 'number'}>{shown}</td>
}
