/** A QR code as one drawn path: dark on light in both themes, as cameras want it. */
import { useMemo } from 'react'

import { qrPath } from './qr'

export function QrCode({ text, label }: { text: string; label: string }) {
  const { size, d } = useMemo(() => qrPath(text), [text])
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      shapeRendering="crispEdges"
      className="size-44 shrink-0 rounded-md border border-line bg-panel [color-scheme:light]"
    >
      <path d={d} fill="var(--ink)" />
    </svg>
  )
}
