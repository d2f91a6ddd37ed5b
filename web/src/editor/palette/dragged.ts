/** The type under which a kind travels from the palette to the canvas. */
export const DRAGGED = 'application/x-holdfast-kind'
