/** Whose trigger something is: a link to the workflow or the rule, or its id once it was deleted. */
import { Link } from '@tanstack/react-router'
import { Workflow, Zap } from 'lucide-react'

import { shortId } from './format'

interface Props {
  owner: { kind: string; id: string; name: string | null }
}

const LOOK = 'inline-flex min-w-0 items-baseline gap-1.5 rounded font-medium hover:underline'

export function OwnerLink({ owner }: Props) {
  const Icon = owner.kind === 'rule' ? Zap : Workflow
  const icon = <Icon size={13} aria-hidden className="shrink-0 self-center text-ink-faint" />
  if (owner.name === null) {
    return (
      <span className="inline-flex items-baseline gap-1.5 text-ink-soft" title={owner.id}>
        {icon} deleted {owner.kind} {shortId(owner.id)}
      </span>
    )
  }
  const params = { name: owner.name }
  return owner.kind === 'rule' ? (
    <Link to="/rules/$name" params={params} className={LOOK}>
      {icon} <span className="truncate">{owner.name}</span>
    </Link>
  ) : (
    <Link to="/workflows/$name" params={params} className={LOOK}>
      {icon} <span className="truncate">{owner.name}</span>
    </Link>
  )
}
