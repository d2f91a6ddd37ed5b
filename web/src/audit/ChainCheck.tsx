/** Walks the chain on the server: whether no entry was changed, moved or taken out. */
import { useMutation } from '@tanstack/react-query'
import { Link2 } from 'lucide-react'

import { checkChain, type AuditCheck } from '../api/audit'
import { Button } from '../ui/Button'
import { CopyButton } from '../ui/CopyButton'
import { Dialog } from '../ui/Dialog'
import { plural } from '../ui/format'
import { useToast } from '../ui/Toasts'

export function ChainCheck({ tenant }: { tenant: string | undefined }) {
  const toast = useToast()
  const check = useMutation({
    mutationFn: () => checkChain(tenant),
    onError: (error) => toast.failed(error),
  })
  return (
    <>
      <Button busy={check.isPending} onClick={() => check.mutate()}>
        <Link2 size={14} aria-hidden /> Check the chain
      </Button>
      <Dialog
        open={check.data !== undefined}
        onOpenChange={() => check.reset()}
        title={check.data?.intact === false ? 'The chain is broken' : 'The chain holds'}
        description="Each entry is bound to the one before it by a hash."
      >
        {check.data && <Found found={check.data} />}
      </Dialog>
    </>
  )
}

function Found({ found }: { found: AuditCheck }) {
  return (
    <div className="space-y-3 p-4">
      <p
        data-tone={found.intact ? 'success' : 'failure'}
        className="rounded-md bg-tone-soft px-2.5 py-1.5 text-tone"
      >
        {found.intact
          ? `${plural(found.entries, 'entry').replace('entrys', 'entries')}: none was changed, moved or taken out.`
          : `Entry ${found.broken_at ?? '?'} doesn’t follow from the one before it: it, or what stood there, was changed.`}
      </p>
      <div className="space-y-1">
        <p className="text-ink-soft">
          Keep the last hash elsewhere: then nobody can write the whole chain anew without it being seen.
        </p>
        <p className="flex items-center gap-2 rounded-md border border-line bg-raised px-3 py-2">
          <code className="min-w-0 flex-1 font-mono text-xs break-all select-all">{found.head}</code>
          <CopyButton text={found.head} label="Copy the last hash" />
        </p>
      </div>
    </div>
  )
}
