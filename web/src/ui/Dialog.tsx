/** A modal dialog: focus stays inside and returns to where it was; Escape and the cross close it. */
import * as Radix from '@radix-ui/react-dialog'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  children: ReactNode
}

export function Dialog({ open, onOpenChange, title, description, children }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content className="appearing fixed inset-x-3 top-[8vh] z-50 mx-auto flex max-h-[84vh] max-w-xl flex-col overflow-hidden rounded-xl border border-line bg-panel shadow-float">
          <div className="flex items-start gap-3 border-b border-line px-4 py-3">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-sm font-semibold">{title}</Radix.Title>
              <Radix.Description className="text-xs text-ink-soft">{description}</Radix.Description>
            </div>
            <Radix.Close
              aria-label="Close"
              className="rounded p-1 text-ink-faint hover:bg-raised hover:text-ink"
            >
              <X size={15} aria-hidden />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
