/** Asks before something that can't be taken back. Stays open while it goes on, and tells why it failed. */
import * as Radix from '@radix-ui/react-alert-dialog'
import { useState, type ReactNode } from 'react'

import { asProblem } from '../api/http'
import { Button } from './Button'

interface Props {
  open: boolean
  onOpenChange: (open: boolean) => void
  title: string
  description: string
  /** The verb on the button. */
  action: string
  danger?: boolean
  /** It can't be confirmed yet. */
  disabled?: boolean
  onConfirm: () => Promise<unknown>
  children?: ReactNode
}

export function Confirm(props: Props) {
  return (
    <Radix.Root open={props.open} onOpenChange={props.onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content className="appearing fixed inset-x-3 top-[18vh] z-50 mx-auto max-w-md space-y-3 rounded-xl border border-line bg-panel p-4 shadow-float">
          <Question {...props} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function Question({
  onOpenChange,
  title,
  description,
  action,
  danger = false,
  disabled = false,
  onConfirm,
  children,
}: Props) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const confirm = () => {
    setBusy(true)
    setError(null)
    onConfirm()
      .then(() => onOpenChange(false))
      .catch((reason: unknown) => setError(reason))
      .finally(() => setBusy(false))
  }
  return (
    <>
      <Radix.Title className="text-sm font-semibold">{title}</Radix.Title>
      <Radix.Description className="text-ink-soft">{description}</Radix.Description>
      {children}
      {error !== null && (
        <p role="alert" data-tone="failure" className="rounded-md bg-tone-soft px-2.5 py-1.5 text-tone">
          {asProblem(error).message}
        </p>
      )}
      <div className="flex justify-end gap-2 pt-1">
        <Radix.Cancel asChild>
          <Button>Never mind</Button>
        </Radix.Cancel>
        <Button look={danger ? 'danger' : 'primary'} busy={busy} disabled={disabled} onClick={confirm}>
          {action}
        </Button>
      </div>
    </>
  )
}
