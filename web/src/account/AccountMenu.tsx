/** Who one is: to the account, and out. The local user has no way out, but one to a sign-in of their own. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ChevronsUpDown, LogOut, ShieldCheck, UserRound } from 'lucide-react'

import { end } from '../access/sittings'
import { useSession } from '../access/useCan'
import { signOut, type Session } from '../api/session'
import { Menu, MenuItem, MenuLine, MenuTitle } from '../ui/Menu'
import { useToast } from '../ui/Toasts'

export function AccountMenu({ onGo }: { onGo?: () => void }) {
  const session = useSession()
  const navigate = useNavigate()
  const leave = useSignOut()
  if (!session) return null
  const go = (to: string) => {
    onGo?.()
    void navigate({ to })
  }
  const name = nameOf(session)
  return (
    <Menu
      align="start"
      trigger={
        <button
          type="button"
          className="flex w-full items-center gap-2 rounded-md p-1.5 text-left hover:bg-raised"
        >
          <Sign session={session} />
          <span className="min-w-0 flex-1">
            <span className="sr-only">Account of </span>
            <span className="block truncate text-xs font-medium">{name}</span>
            <span className="block truncate text-[11px] leading-4 text-ink-faint">
              {session.role ?? 'no member'} · {session.tenant.name}
            </span>
          </span>
          <ChevronsUpDown size={13} aria-hidden className="shrink-0 text-ink-faint" />
        </button>
      }
    >
      {session.user?.email && <MenuTitle>{session.user.email}</MenuTitle>}
      <MenuItem Icon={UserRound} onSelect={() => go('/account')}>
        Your account
      </MenuItem>
      {session.kind === 'local' && (
        <MenuItem Icon={ShieldCheck} onSelect={() => go('/setup')}>
          Set up sign-in…
        </MenuItem>
      )}
      {session.kind === 'person' && (
        <>
          <MenuLine />
          <MenuItem Icon={LogOut} onSelect={leave}>
            Sign out
          </MenuItem>
        </>
      )}
    </Menu>
  )
}

export function nameOf({ kind, name, user }: Session): string {
  return kind === 'local' ? 'Local user' : (user?.name ?? name) || (user?.email ?? '')
}

export function useSignOut(): () => void {
  const client = useQueryClient()
  const toast = useToast()
  return () => {
    signOut().then(() => end(client), toast.failed)
  }
}

function Sign({ session }: { session: Session }) {
  const [first = '?'] = nameOf(session)
  return (
    <span
      aria-hidden
      className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent uppercase"
    >
      {first}
    </span>
  )
}
