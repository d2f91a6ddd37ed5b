/** One-time codes as the second proof: switched on with a first code, off with the password. */
import { ShieldCheck, ShieldOff } from 'lucide-react'
import { useState } from 'react'

import { removeTotp } from '../api/account'
import { SESSION_KEY } from '../api/session'
import { PasswordField } from '../signin/PasswordFields'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Panel } from '../ui/Page'
import { useMutate } from '../ui/useMutate'
import { TotpDialog } from './TotpDialog'

export function Totp({ on }: { on: boolean }) {
  const [asked, ask] = useState<'on' | 'off' | null>(null)
  return (
    <Panel title="One-time codes">
      <div className="flex flex-wrap items-center gap-3 p-4">
        <p className="min-w-48 flex-1 text-ink-soft">
          {on
            ? 'Signing in asks for a code of your authenticator app after the password.'
            : 'With an authenticator app, your password alone is not enough to sign in.'}
        </p>
        {on ? (
          <Button look="danger" onClick={() => ask('off')}>
            <ShieldOff size={14} aria-hidden /> Switch off…
          </Button>
        ) : (
          <Button onClick={() => ask('on')}>
            <ShieldCheck size={14} aria-hidden /> Switch on…
          </Button>
        )}
      </div>
      {asked === 'on' && <TotpDialog onClose={() => ask(null)} />}
      <SwitchOff open={asked === 'off'} onClose={() => ask(null)} />
    </Panel>
  )
}

function SwitchOff({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [password, setPassword] = useState('')
  const off = useMutate({
    run: removeTotp,
    keys: [SESSION_KEY],
    done: () => 'One-time codes are off',
  })
  return (
    <Confirm
      open={open}
      onOpenChange={() => {
        setPassword('')
        onClose()
      }}
      danger
      title="Switch one-time codes off?"
      description="Your password alone lets you in then. The recovery codes are good no more."
      action="Switch off"
      onConfirm={() => off.startAsync(password)}
    >
      <PasswordField value={password} onChange={setPassword} />
    </Confirm>
  )
}
