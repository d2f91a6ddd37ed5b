/** A value that is shown this once: it stays until it is put away on purpose. */
import type { ReactNode } from 'react'

import { Button } from './Button'
import { CopyButton } from './CopyButton'
import { Dialog } from './Dialog'

interface Props {
  title: string
  description: string
  /** What the value is, for the copy button. */
  label: string
  value: string
  children?: ReactNode
  onClose: () => void
}

export function ShownOnce({ title, description, label, value, children, onClose }: Props) {
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} description={description}>
      <div className="space-y-3 p-4">
        <div className="flex items-center gap-2 rounded-md border border-line bg-raised px-3 py-2">
          <code className="min-w-0 flex-1 font-mono text-xs break-all select-all">{value}</code>
          <CopyButton text={value} label={`Copy ${label}`} />
        </div>
        {children}
        <div className="flex justify-end">
          <Button look="primary" onClick={onClose}>
            I have kept it
          </Button>
        </div>
      </div>
    </Dialog>
  )
}
