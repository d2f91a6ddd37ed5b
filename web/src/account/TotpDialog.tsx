/**
 * Switching one-time codes on: the secret as a picture and as text, a first code with the password, then the recovery
 * codes, this once. The server keeps the secret only when that code is right.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type SubmitEvent } from 'react'

import { confirmTotp, newTotp, type NewTotp } from '../api/account'
import { SESSION_KEY } from '../api/session'
import { PasswordField } from '../signin/PasswordFields'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { Dialog } from '../ui/Dialog'
import { FormFoot } from '../ui/FormFoot'
import { Labelled, TextInput } from '../ui/inputs'
import { ErrorState, Skeleton } from '../ui/states'
import { QrCode } from './QrCode'

export function TotpDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient()
  const [codes, setCodes] = useState<readonly string[] | null>(null)
  const close = () => {
    if (codes) void client.invalidateQueries({ queryKey: SESSION_KEY })
    onClose()
  }
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title={codes ? 'Recovery codes' : 'Switch one-time codes on'}
      description={
        codes
          ? 'They are shown this once. Each lets you in once, where the app isn’t at hand.'
          : 'Any authenticator app that knows TOTP will do.'
      }
    >
      {codes ? <Codes codes={codes} onClose={close} /> : <Begin onClose={close} onDone={setCodes} />}
    </Dialog>
  )
}

interface BeginProps {
  onClose: () => void
  onDone: (codes: readonly string[]) => void
}

function Begin({ onClose, onDone }: BeginProps) {
  const made = useQuery({
    queryKey: ['new-totp'],
    queryFn: newTotp,
    // One secret for as long as the dialog is open, and none after it.
    staleTime: Infinity,
    gcTime: 0,
  })
  if (made.isPending) return <Skeleton rows={4} />
  if (made.isError) return <ErrorState error={made.error} retry={() => void made.refetch()} />
  return <Confirmation made={made.data} onClose={onClose} onDone={onDone} />
}

function Confirmation({ made, onClose, onDone }: BeginProps & { made: NewTotp }) {
  const [code, setCode] = useState('')
  const [password, setPassword] = useState('')
  const [busy, setBusy] = useState(false)
  const [refused, refuse] = useState<unknown>(null)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    setBusy(true)
    refuse(null)
    confirmTotp({ secret: made.secret, code: code.trim(), password })
      .then((answer) => onDone(answer.recovery_codes), refuse)
      .finally(() => setBusy(false))
  }
  return (
    <form onSubmit={submit} className="space-y-4 overflow-y-auto p-4" autoComplete="off">
      <div className="flex flex-wrap items-center gap-4">
        <QrCode text={made.uri} label="QR code for the authenticator app" />
        <div className="min-w-48 flex-1 space-y-2">
          <p>Scan it with the app, or type this into it:</p>
          <p className="flex items-center gap-2 rounded-md border border-line bg-raised px-3 py-2">
            <code className="min-w-0 flex-1 font-mono text-xs break-all select-all">
              {grouped(made.secret)}
            </code>
            <CopyButton text={made.secret} label="Copy the secret" />
          </p>
        </div>
      </div>
      <Labelled label="Code" hint="Six digits, as the app shows them now.">
        {(wiring) => (
          <TextInput
            {...wiring}
            required
            autoFocus
            inputMode="numeric"
            autoComplete="one-time-code"
            maxLength={10}
            className="font-mono tracking-widest"
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        )}
      </Labelled>
      <PasswordField label="Your password" value={password} onChange={setPassword} />
      <FormFoot action="Switch on" busy={busy} refused={refused} onCancel={onClose} />
    </form>
  )
}

function grouped(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ')
}

function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  return (
    <div className="space-y-3 overflow-y-auto p-4">
      <ul
        aria-label="Recovery codes"
        className="grid grid-cols-2 gap-x-6 gap-y-1 rounded-md border border-line bg-raised px-3 py-2 font-mono text-xs"
      >
        {codes.map((code) => (
          <li key={code} className="select-all">
            {code}
          </li>
        ))}
      </ul>
      <div className="flex items-center justify-end gap-2">
        <span className="mr-auto inline-flex items-center gap-1 text-xs text-ink-soft">
          <CopyButton text={codes.join('\n')} label="Copy the recovery codes" /> Copy all
        </span>
        <Button look="primary" onClick={onClose}>
          I have kept them
        </Button>
      </div>
    </div>
  )
}
