/** Where one is signed in: each can be signed out, and all at once. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { LogOut } from 'lucide-react'
import { useState } from 'react'

import { end } from '../access/sittings'
import { browsersQuery, endBrowser, endEveryBrowser, type SignedInBrowser } from '../api/account'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { Confirm } from '../ui/Confirm'
import { Panel } from '../ui/Page'
import { ErrorState, Skeleton } from '../ui/states'
import { useMutate } from '../ui/useMutate'
import { browserName } from './agents'

export function Browsers() {
  const list = useQuery(browsersQuery())
  const client = useQueryClient()
  const [asked, ask] = useState(false)
  return (
    <Panel
      title="Signed in"
      aside={
        <Button look="quiet" className="!h-7 !px-2" onClick={() => ask(true)}>
          Sign out everywhere…
        </Button>
      }
    >
      {list.isPending ? (
        <Skeleton rows={2} />
      ) : list.isLoadingError ? (
        <ErrorState error={list.error} retry={() => void list.refetch()} />
      ) : (
        <ul aria-label="Sessions" className="divide-y divide-line">
          {list.data.items.map((browser) => (
            <BrowserLine key={browser.id} browser={browser} />
          ))}
        </ul>
      )}
      <Confirm
        open={asked}
        onOpenChange={ask}
        danger
        title="Sign out everywhere?"
        description="Every browser that you are signed in with is signed out, this one too. Your API keys stay good."
        action="Sign out everywhere"
        onConfirm={() => endEveryBrowser().then(() => end(client))}
      />
    </Panel>
  )
}

function BrowserLine({ browser }: { browser: SignedInBrowser }) {
  const name = browserName(browser.agent)
  const out = useMutate({
    run: () => endBrowser(browser.id),
    keys: [['sessions']],
    done: () => `Signed out ${name}`,
  })
  return (
    <li className="flex items-center gap-3 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium" title={browser.agent}>
          {name}
          {browser.current && <span className="ml-2 text-xs font-normal text-ink-faint">this one</span>}
        </p>
        <p className="text-xs text-ink-soft">
          {browser.address || 'address unknown'} · seen <Ago at={browser.seen_at} /> · since{' '}
          <Ago at={browser.created_at} />
        </p>
      </div>
      {!browser.current && (
        <Button
          look="quiet"
          busy={out.busy}
          aria-label={`Sign out ${name}`}
          onClick={() => out.start(undefined)}
        >
          <LogOut size={14} aria-hidden /> Sign out
        </Button>
      )}
    </li>
  )
}
