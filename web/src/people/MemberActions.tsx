/** What can be done with a member: a link for a new password, signing out, disabling, removing. */
import { useQueryClient } from '@tanstack/react-query'
import { Ban, Ellipsis, KeyRound, LogOut, RotateCcw, UserMinus } from 'lucide-react'

import { useCan } from '../access/useCan'
import { changeMember, passwordLink, removeMember, signOutMember, type Member } from '../api/people'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Menu, MenuItem, MenuLine } from '../ui/Menu'
import { useToast } from '../ui/Toasts'
import { useMutate } from '../ui/useMutate'
import type { Handed } from './HandedLink'

export type Asked = 'out' | 'disable' | 'remove' | null

interface Props {
  member: Member
  name: string
  /** It is oneself. */
  self: boolean
  asked: Asked
  ask: (asked: Asked) => void
  onLink: (link: Handed) => void
}

export function MemberActions({ member, name, self, asked, ask, onLink }: Props) {
  const instance = useCan('users', 'instance')
  const link = useMutate({
    run: () => passwordLink(member.id),
    keys: [],
    onDone: (made) =>
      onLink({
        ...made,
        title: 'The link for a new password',
        about: `Give it to ${name}, and to nobody else.`,
      }),
  })
  const enable = useMutate({
    run: () => changeMember(member.id, { disabled: false }),
    keys: [['members']],
    done: () => `Enabled ${name}`,
  })
  return (
    <>
      <Menu
        trigger={
          <Button look="quiet" aria-label={`Actions of ${name}`} className="!px-1.5">
            <Ellipsis size={15} aria-hidden />
          </Button>
        }
      >
        <MenuItem Icon={KeyRound} onSelect={() => link.start(undefined)}>
          Link for a new password
        </MenuItem>
        <MenuItem Icon={LogOut} onSelect={() => ask('out')}>
          Sign out everywhere…
        </MenuItem>
        <MenuLine />
        {instance && !self && member.disabled && (
          <MenuItem Icon={RotateCcw} onSelect={() => enable.start(undefined)}>
            Enable
          </MenuItem>
        )}
        {instance && !self && !member.disabled && (
          <MenuItem Icon={Ban} danger onSelect={() => ask('disable')}>
            Disable…
          </MenuItem>
        )}
        <MenuItem Icon={UserMinus} danger onSelect={() => ask('remove')}>
          {self ? 'Leave the tenant…' : 'Remove…'}
        </MenuItem>
      </Menu>
      <Questions {...{ member, name, self, asked, ask }} />
    </>
  )
}

function Questions({ member, name, self, asked, ask }: Omit<Props, 'onLink'>) {
  const client = useQueryClient()
  const toast = useToast()
  const close = () => ask(null)
  const act = (run: () => Promise<unknown>, done: string) => async () => {
    await run()
    toast.done(done)
    await client.invalidateQueries({ queryKey: self ? [] : ['members'] })
  }
  return (
    <>
      <Confirm
        open={asked === 'out'}
        onOpenChange={close}
        title={`Sign ${name} out everywhere?`}
        description="Every browser of theirs is signed out. They may sign in again."
        action="Sign out"
        onConfirm={act(() => signOutMember(member.id), `Signed ${name} out`)}
      />
      <Confirm
        open={asked === 'disable'}
        onOpenChange={close}
        danger
        title={`Disable ${name}?`}
        description="They can’t sign in any more, in no tenant, and what they are signed in with stops at once."
        action="Disable"
        onConfirm={act(() => changeMember(member.id, { disabled: true }), `Disabled ${name}`)}
      />
      <Confirm
        open={asked === 'remove'}
        onOpenChange={close}
        danger
        title={self ? 'Leave this tenant?' : `Remove ${name}?`}
        description={
          self
            ? 'You come back only by an invitation.'
            : 'They lose this tenant at once; what they made stays. An invitation brings them back.'
        }
        action={self ? 'Leave' : 'Remove'}
        onConfirm={act(() => removeMember(member.id), self ? 'You left' : `Removed ${name}`)}
      />
    </>
  )
}
