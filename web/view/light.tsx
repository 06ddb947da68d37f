import type { Light } from '../light.js'

/** Shape and word beside the colour: it must be told without it. */
export const LightText = ({ light: { colour, text } }: { light: Light }) => (
  <span class={`light ${colour}`}>{text}</span>
)
