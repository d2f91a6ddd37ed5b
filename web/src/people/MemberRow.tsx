/** One member: the role is changed in place; the rest is in a menu. Nobody is touched who is above oneself. */
import { useState } from 'react'

import { atLeast } from '../access/rights'
import { RoleSelect } from '../access/RoleSelect'
import { useCan, useSession } from '../access/useCan'
import { changeMember, type Member } from '../api/people'
import { SESSION_KEY } from '../api/session'
import { Ago } from '../ui/Ago'
import { Cell, Row } from '../ui/Table'
import { Tag } from '../ui/Tag'
import { useMutate } from '../ui/useMutate'
import { MemberActions, type Asked } from './MemberActions'
import { calledOf } from './names'
import type { Handed } from './HandedLink'

interface Props {
  member: Member
  onLink: (link: Handed) => void
}

export function MemberRow({ member, onLink }: Props) {
  const session = useSession()
  const [asked, ask] = useState<Asked>(null)
  const self = session?.user?.id === member.id
  const mayChange = useCan('users', 'admin') && atLeast(session?.role ?? null, member.role)
  const name = calledOf(member)
  const change = useMutate({
    run: (role: Member['role']) => changeMember(member.id, { role }),
    keys: [['members'], SESSION_KEY],
    done: (_, role) => `${name} is ${role} now`,
  })
  return (
    <Row>
      <Cell>
        <span className="flex min-w-0 flex-col">
          <span className="flex items-center gap-2">
            <span className="font-medium">{name}</span>
            {self && <span className="text-xs text-ink-faint">you</span>}
            {member.disabled && <Tag tone="failure">disabled</Tag>}
          </span>
          {member.email && member.email !== name && (
            <span className="text-xs break-all text-ink-faint">{member.email}</span>
          )}
        </span>
      </Cell>
      <Cell>
        {mayChange ? (
          <RoleSelect
            aria-label={`Role of ${name}`}
            value={member.role}
            disabled={change.busy}
            onChange={(role) => change.start(role)}
          />
        ) : (
          member.role
        )}
      </Cell>
      <Cell>{member.totp ? <Tag tone="success">on</Tag> : <span className="text-ink-faint">off</span>}</Cell>
      <Cell className="text-ink-soft">
        <Ago at={member.signed_in_at} />
      </Cell>
      <Cell className="text-ink-soft">
        <Ago at={member.since} />
      </Cell>
      <Cell right>{mayChange && <MemberActions {...{ member, name, self, asked, ask, onLink }} />}</Cell>
    </Row>
  )
}
