/** The people of the tenant with their roles, and the invitations that are open. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { UserPlus, Users } from 'lucide-react'
import { useState } from 'react'

import { Allowed } from '../access/Allowed'
import { useSession } from '../access/useCan'
import { membersQuery } from '../api/people'
import { Button } from '../ui/Button'
import { Listing } from '../ui/Listing'
import { Page, Panel } from '../ui/Page'
import { Empty } from '../ui/states'
import { Table, type Column } from '../ui/Table'
import { HandedLink, type Handed } from './HandedLink'
import { InviteDialog } from './InviteDialog'
import { InviteList } from './InviteList'
import { MemberRow } from './MemberRow'

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'Person' },
  { key: 'role', title: 'Role', width: '130px' },
  { key: 'codes', title: 'One-time codes', width: '130px' },
  { key: 'signed', title: 'Signed in', width: '110px' },
  { key: 'since', title: 'Member since', width: '120px' },
  { key: 'actions', title: '', label: 'Actions', width: '48px' },
]

export function PeoplePage() {
  const members = useInfiniteQuery(membersQuery())
  const local = useSession()?.kind === 'local'
  const [inviting, invite] = useState(false)
  const [link, setLink] = useState<Handed | null>(null)
  return (
    <Page
      title="People"
      actions={
        <Allowed area="invites" role="admin">
          <Button look="primary" onClick={() => invite(true)}>
            <UserPlus size={14} aria-hidden /> Invite
          </Button>
        </Allowed>
      }
    >
      <Panel>
        <Listing
          query={members}
          empty={
            <Empty title="Nobody but you" Icon={Users}>
              {local ? <SetUpFirst /> : <p>Invite people by their address: each gets a link to come in.</p>}
            </Empty>
          }
        >
          {(items) => (
            <Table label="People" columns={COLUMNS}>
              {/* Service accounts are members too: they stand with their keys. */}
              {items
                .filter(({ kind }) => kind === 'person')
                .map((member) => (
                  <MemberRow key={member.id} member={member} onLink={setLink} />
                ))}
            </Table>
          )}
        </Listing>
      </Panel>
      <InviteList />
      <InviteDialog open={inviting} onOpenChange={invite} onMade={setLink} />
      {link && <HandedLink link={link} onClose={() => setLink(null)} />}
    </Page>
  )
}

function SetUpFirst() {
  return (
    <p>
      You are the local user.{' '}
      <Link to="/setup" className="rounded text-accent underline">
        Set up sign-in
      </Link>{' '}
      with an account of your own before you invite others.
    </p>
  )
}
