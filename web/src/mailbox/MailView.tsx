/**
 * One mail. Its text is text. Its HTML is drawn in a frame with every sandbox restriction on: no scripts, no forms, no
 * links out, no origin of ours; the page's own content security policy holds inside it too, so remote images stay away.
 */
import * as Tabs from '@radix-ui/react-tabs'

import type { Mail } from '../api/types'
import { Panel } from '../ui/Page'
import { absolute } from '../ui/format'
import { addresses } from './mail'

const TAB =
  'h-9 border-b-2 border-transparent px-1 text-xs font-medium text-ink-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink'

export function MailView({ mail }: { mail: Mail }) {
  return (
    <Panel>
      <div className="space-y-2 border-b border-line px-4 py-3">
        <h2 className="text-sm font-semibold break-words">{mail.subject || '(no subject)'}</h2>
        <dl className="grid grid-cols-[auto_1fr] gap-x-3 gap-y-0.5 text-xs [&_dd]:break-words [&_dt]:text-ink-faint">
          <dt>From</dt>
          <dd>{mail.from}</dd>
          <dt>To</dt>
          <dd>{addresses(mail.to)}</dd>
          <dt>At</dt>
          <dd>{absolute(mail.at)}</dd>
        </dl>
      </div>
      {mail.html ? <Both mail={mail} html={mail.html} /> : <Text text={mail.text ?? ''} />}
    </Panel>
  )
}

function Both({ mail, html }: { mail: Mail; html: string }) {
  return (
    <Tabs.Root defaultValue={mail.text ? 'text' : 'html'}>
      <Tabs.List aria-label="Parts of the mail" className="flex gap-4 border-b border-line px-4">
        {mail.text && (
          <Tabs.Trigger value="text" className={TAB}>
            Text
          </Tabs.Trigger>
        )}
        <Tabs.Trigger value="html" className={TAB}>
          HTML
        </Tabs.Trigger>
        <Tabs.Trigger value="source" className={TAB}>
          Source
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content value="text">
        <Text text={mail.text ?? ''} />
      </Tabs.Content>
      <Tabs.Content value="html">
        <iframe
          title="The mail as HTML"
          sandbox=""
          referrerPolicy="no-referrer"
          srcDoc={html}
          className="block h-[60vh] w-full bg-white"
        />
      </Tabs.Content>
      <Tabs.Content value="source">
        <Text text={html} />
      </Tabs.Content>
    </Tabs.Root>
  )
}

function Text({ text }: { text: string }) {
  if (!text) return <p className="px-4 py-4 text-ink-faint">This mail has no text.</p>
  return (
    <pre className="overflow-x-auto px-4 py-4 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
      {text}
    </pre>
  )
}
