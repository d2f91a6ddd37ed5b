/** The invitations that nobody has taken yet. Nothing while there is none. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Trash2 } from 'lucide-react'

import { useCan } from '../access/useCan'
import { invitesQuery, revokeInvite, type OpenInvite } from '../api/people'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Listing } from '../ui/Listing'
import { Panel } from '../ui/Page'
import { Cell, Row, Table, type Column } from '../ui/Table'
import { useMutate } from '../ui/useMutate'

const COLUMNS: readonly Column[] = [
  { key: 'email', title: 'Address' },
  { key: 'role', title: 'Role', width: '130px' },
  { key: 'made', title: 'Invited', width: '110px' },
  { key: 'until', title: 'Good until', width: '110px' },
  { key: 'actions', title: '', label: 'Actions', width: '120px' },
]

export function InviteList() {
  const maySee = useCan('invites', 'admin', 'read')
  const invites = useInfiniteQuery({ ...invitesQuery(), enabled: maySee })
  if (!invites.isLoadingError && !invites.data?.pages.some(({ items }) => items.length > 0)) return null
  return (
    <Panel title="Open invitations">
      <Listing query={invites} empty={null}>
        {(items) => (
          <Table label="Open invitations" columns={COLUMNS}>
            {items.map((invite) => (
              <InviteRow key={invite.id} invite={invite} />
            ))}
          </Table>
        )}
      </Listing>
    </Panel>
  )
}

function InviteRow({ invite }: { invite: OpenInvite }) {
  const mayRevoke = useCan('invites', 'admin')
  const revoke = useMutate({
    run: () => revokeInvite(invite.id),
    keys: [['invites']],
    done: () => `Withdrew the invitation of ${invite.email}`,
  })
  return (
    <Row>
      <Cell className="break-all">{invite.email}</Cell>
      <Cell>{invite.role ?? <span className="text-ink-faint">new password</span>}</Cell>
      <Cell className="text-ink-soft">
        <Ago at={invite.created_at} />
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={invite.expires_at} />
      </Cell>
      <Cell right>
        {mayRevoke && (
          <Button
            look="quiet"
            busy={revoke.busy}
            aria-label={`Withdraw the invitation of ${invite.email}`}
            onClick={() => revoke.start(undefined)}
          >
            <Trash2 size={13} aria-hidden /> Withdraw
          </Button>
        )}
      </Cell>
    </Row>
  )
}
