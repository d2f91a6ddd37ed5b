/** Below the graph: the run on a time axis, or its events one by one. */
import * as Tabs from '@radix-ui/react-tabs'

import type { Definition, Run } from '../api/types'
import { Panel } from '../ui/Page'
import { EventList } from './EventList'
import { TimelineStrip } from './TimelineStrip'

interface Props {
  run: Run
  definition: Definition
  selected: string | undefined
  onSelect: (node: string) => void
}

const TAB =
  'h-10 border-b-2 border-transparent px-1 text-[13px] font-medium text-ink-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink focus-visible:-outline-offset-2'

export function RunHistory(props: Props) {
  return (
    <Panel>
      <Tabs.Root defaultValue="timeline">
        <Tabs.List aria-label="History of the run" className="flex gap-4 border-b border-line px-4">
          <Tabs.Trigger value="timeline" className={TAB}>
            Timeline
          </Tabs.Trigger>
          <Tabs.Trigger value="events" className={TAB}>
            Events
          </Tabs.Trigger>
        </Tabs.List>
        <Tabs.Content value="timeline">
          <TimelineStrip {...props} />
        </Tabs.Content>
        <Tabs.Content value="events">
          <EventList run={props.run.id} />
        </Tabs.Content>
      </Tabs.Root>
    </Panel>
  )
}
