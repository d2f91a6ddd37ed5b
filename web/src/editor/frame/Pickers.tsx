/** What the keyboard asks for: which node to add, what to connect to, a note, and the keys themselves. */
import { NodeIcon } from '../../canvas/NodeIcon'
import { graphAt, nodeAt } from '../../graph/edit/document'
import { choices, edgeId, type Link } from '../../graph/edit/edges'
import { parseEdge } from '../../graph/ports'
import { adding, connecting, disconnecting, noting, type Spot } from '../acts'
import { linkOfId } from '../canvas/links'
import { useSight } from '../canvas/useSight'
import { found } from '../palette/found'
import { present } from '../session'
import { useTools } from '../tools'
import { EditorKeys } from './EditorKeys'
import { NoteDialog } from './NoteDialog'
import { Picker, type ChoiceGroup } from './Picker'

export function Pickers() {
  const { looks, look, act, session } = useTools()
  const { asking } = looks
  const close = () => look({ asking: null })
  if (asking?.what === 'add') return <AddPicker spot={asking.spot} onClose={close} />
  if (asking?.what === 'connect') return <ConnectPicker from={asking.from} onClose={close} />
  if (asking?.what === 'keys') return <EditorKeys onClose={close} />
  if (asking?.what === 'note') {
    const path = [...session.path, asking.node]
    const node = nodeAt(present(session), path)
    const keep = (note: string) => {
      act(noting(path, note))
      close()
    }
    return (
      <NoteDialog node={node?.title ?? asking.node} note={node?.notes ?? ''} onKeep={keep} onClose={close} />
    )
  }
  return null
}

function AddPicker({ spot, onClose }: { spot: Spot; onClose: () => void }) {
  const { kinds, act, look } = useTools()
  const { middle } = useSight()
  const groups = (search: string): ChoiceGroup[] =>
    found(kinds.values(), search).map(({ category, kinds: list }) => ({
      title: category,
      choices: list.map((kind) => ({
        key: kind.type,
        label: kind.title,
        detail: kind.description,
        picture: <Picture type={kind.type} />,
      })),
    }))
  const pick = (type: string) => {
    const kind = kinds.get(type)
    if (kind) act(adding(kind, spot, middle(), kinds))
    look({ asking: null, tab: 'node', centre: { id: null } })
  }
  return (
    <Picker
      title="Add a node"
      placeholder="Add a node…"
      none="No node is called so."
      groups={groups}
      onPick={pick}
      onClose={onClose}
    />
  )
}

const GOING = 'disconnect '

function ConnectPicker({ from, onClose }: { from: string; onClose: () => void }) {
  const { session, act, kinds } = useTools()
  const graph = graphAt(present(session), session.path)
  const source = graph.nodes.find((node) => node.id === from)
  const groups = (search: string): ChoiceGroup[] => {
    const wish = search.trim().toLowerCase()
    const meant = (...texts: (string | undefined)[]) =>
      texts.some((text) => text?.toLowerCase().includes(wish))
    const to = choices(graph, from, kinds).map(({ port, targets }) => ({
      title: port === 'out' ? 'Connect to' : `Connect ${port} to`,
      choices: targets
        .filter((node) => meant(node.id, node.title, port))
        .map((node) => ({
          key: edgeId({ from, port, to: node.id }),
          label: node.title ?? node.id,
          detail: node.title ? node.id : (kinds.get(node.type)?.title ?? node.type),
          picture: <Picture type={node.type} />,
        })),
    }))
    const going = graph.edges
      .map(parseEdge)
      .filter((edge) => edge.from === from && meant(edge.to, edge.port))
      .map((edge) => ({
        key: GOING + edge.id,
        label: nodeAt(present(session), [...session.path, edge.to])?.title ?? edge.to,
        detail: edge.port,
      }))
    return [...to, { title: 'Disconnect from', choices: going }].filter(
      ({ choices: list }) => list.length > 0,
    )
  }
  const pick = (key: string) => {
    const link: Link | undefined = linkOfId(key)
    if (key.startsWith(GOING)) act(disconnecting(key.slice(GOING.length)))
    else if (link) act(connecting(link, kinds))
    onClose()
  }
  const name = source?.title ?? from
  return (
    <Picker
      title={`Connect ${name} to`}
      placeholder={`Connect ${name} to…`}
      none="There is no node that it may lead to."
      groups={groups}
      onPick={pick}
      onClose={onClose}
    />
  )
}

function Picture({ type }: { type: string }) {
  return (
    <span className="flex size-6 shrink-0 items-center justify-center rounded bg-raised text-ink-soft">
      <NodeIcon type={type} size={14} />
    </span>
  )
}
