/** The dev mailbox: mails that `email.send` kept because no SMTP is set. List and mail side by side, or one after the other. */
import { useInfiniteQuery } from '@tanstack/react-query'
import { ArrowLeft, Mail as MailIcon } from 'lucide-react'
import { useState } from 'react'

import { mailboxQuery } from '../api/queries'
import type { Mail } from '../api/types'
import { Ago } from '../ui/Ago'
import { Button } from '../ui/Button'
import { SearchField } from '../ui/Fields'
import { LoadMore } from '../ui/LoadMore'
import { Page, Panel } from '../ui/Page'
import { Empty, ErrorState, Skeleton } from '../ui/states'
import { addresses, answers, mailKey } from './mail'
import { MailView } from './MailView'

const REFRESH = 3_000

export function MailboxPage() {
  const list = useInfiniteQuery({ ...mailboxQuery(), refetchInterval: REFRESH })
  const [search, find] = useState('')
  const mails = list.data?.pages.flatMap((page) => page.items) ?? []
  const found = mails.filter((mail) => answers(mail, search))
  return (
    <Page
      title="Mailbox"
      actions={mails.length > 0 && <SearchField label="Search mails" value={search} onChange={find} />}
    >
      {list.isPending ? (
        <Panel>
          <Skeleton />
        </Panel>
      ) : list.isLoadingError ? (
        <Panel>
          <ErrorState error={list.error} retry={() => void list.refetch()} />
        </Panel>
      ) : mails.length === 0 ? (
        <Panel>
          <NoMail />
        </Panel>
      ) : found.length === 0 ? (
        <Panel>
          <NoneFound search={search} />
          <LoadMore query={list} />
        </Panel>
      ) : (
        <Mails mails={found} query={list} />
      )}
    </Page>
  )
}

interface MailsProps {
  mails: Mail[]
  query: Parameters<typeof LoadMore>[0]['query']
}

function Mails({ mails, query }: MailsProps) {
  const [chosen, choose] = useState<string | null>(null)
  const open = mails.find((mail) => mailKey(mail) === chosen)
  const shown = open ?? mails[0]
  return (
    <div className="grid items-start gap-4 md:grid-cols-[minmax(240px,340px)_minmax(0,1fr)]">
      <Panel className={open ? 'max-md:hidden' : ''}>
        <ul className="divide-y divide-line">
          {mails.map((mail, index) => (
            <MailRow
              key={`${mailKey(mail)} ${index}`}
              mail={mail}
              current={mail === shown}
              onChoose={() => choose(mailKey(mail))}
            />
          ))}
        </ul>
        <LoadMore query={query} />
      </Panel>
      <div className={open ? '' : 'max-md:hidden'}>
        <Button look="quiet" className="mb-2 md:hidden" onClick={() => choose(null)}>
          <ArrowLeft size={13} aria-hidden /> All mails
        </Button>
        {shown && <MailView key={mailKey(shown)} mail={shown} />}
      </div>
    </div>
  )
}

interface RowProps {
  mail: Mail
  current: boolean
  onChoose: () => void
}

function MailRow({ mail, current, onChoose }: RowProps) {
  return (
    <li>
      <button
        type="button"
        aria-current={current}
        onClick={onChoose}
        className="block w-full px-4 py-2.5 text-left hover:bg-raised focus-visible:-outline-offset-2 md:aria-[current=true]:bg-accent-soft"
      >
        <span className="flex items-baseline gap-3">
          <span className="min-w-0 flex-1 truncate font-medium">{mail.subject || '(no subject)'}</span>
          <span className="text-xs text-ink-soft">
            <Ago at={mail.at} />
          </span>
        </span>
        <span className="block truncate text-xs text-ink-soft">{addresses(mail.to)}</span>
      </button>
    </li>
  )
}

function NoneFound({ search }: { search: string }) {
  return (
    <Empty title="No mail matches" Icon={MailIcon}>
      <p>Of the mails that are loaded none holds “{search}”.</p>
    </Empty>
  )
}

function NoMail() {
  return (
    <Empty title="No mail yet" Icon={MailIcon}>
      <p>
        While no SMTP server is set, what <code className="font-mono text-xs">email.send</code> sends is kept
        here.
      </p>
      <p>
        Set <code className="font-mono text-xs">HOLDFAST_SMTP_URL</code> to send for real.
      </p>
    </Empty>
  )
}
