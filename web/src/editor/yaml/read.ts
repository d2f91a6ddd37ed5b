/**
 * YAML text read as the server reads it (`definition_yaml`), into the same JSON and with the same refusals.
 *
 * The library gives the tree, every scalar as its text; what they mean is decided here. Where the two parsers could
 * understand one text in two ways, it is refused, with its place: this side may refuse more, but never reads otherwise.
 */
import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  type Node,
  type Pair,
  type Scalar,
  type Tags,
  type YAMLMap,
} from 'yaml'

import { MAX_DEPTH, put, unportable } from '../../api/exactJson'
import type { Json } from '../../api/types'
import { meaningOf, type Meaning } from './scalar'
import { isText, withEscapes } from './text'

export interface TextProblem {
  message: string
  /** Both count from 1. */
  line: number
  column: number
}

export interface Read {
  document: Document
  lines: LineCounter
  /** Meaningful only without problems. */
  value: Json
  /** What each node of the tree says. */
  known: ReadonlyMap<unknown, Meaning>
  problems: TextProblem[]
}

const MAX_REPEATED = 10_000
const TEXT_TAG = 'tag:yaml.org,2002:str'
const OPTIONS = {
  version: '1.2',
  schema: 'failsafe',
  merge: false,
  uniqueKeys: false,
  customTags: (tags: Tags): Tags => tags.map((tag) => (isText(tag) ? withEscapes(tag) : tag)),
} as const
/** Characters that one parser takes for a line's end, or refuses, and the other doesn't. */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const STRANGE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\r(?!\n)/

export function readYaml(given: string): Read {
  const text = given.startsWith('\ufeff') ? given.slice(1) : given
  const lines = new LineCounter()
  const documents = parseAllDocuments(text, {
    ...OPTIONS,
    prettyErrors: false,
    keepSourceTokens: true,
    lineCounter: lines,
  })
  const problems: TextProblem[] = []
  const tell = (message: string, at: number) => {
    const { line, col } = lines.linePos(at)
    problems.push({ message, line: Math.max(1, line), column: Math.max(1, col) })
  }
  if (/^(?:[ \t]*(?:#.*)?\n)*%/.test(text)) tell('directives are not known here', 0)
  const [document, second] = Array.isArray(documents) ? documents : []
  if (!document) return { document: emptyDocument(), lines, value: null, known: new Map(), problems }
  const strange = STRANGE.exec(text)
  if (strange)
    tell('a control character or an unusual line end; write it as \\u… in double quotes', strange.index)
  for (const error of document.errors) tell(sentence(error.message), error.pos[0])
  if (second) tell('a second document; give one document only', second.range[0])
  if (isScalar(document.contents) && document.contents.type?.startsWith('BLOCK')) {
    tell('a text alone; a list or a mapping is expected', document.contents.range[0])
  }
  const reader = new Reader(tell, text.endsWith('\n') ? null : text.length)
  const value = problems.length > 0 ? null : reader.value(document.contents)
  return { document, lines, value, known: reader.known, problems }
}

export function emptyDocument(): Document {
  return new Document(null, OPTIONS)
}

/** The library's messages begin large and are sometimes of several lines. */
function sentence(message: string): string {
  const first = message.split('\n', 1)[0] ?? ''
  return first.charAt(0).toLowerCase() + first.slice(1)
}

interface Known extends Meaning {
  size: number
}

class Reader {
  readonly known = new Map<unknown, Meaning>()
  private readonly anchors = new Map<string, Known>()
  private repeated = 0
  /** `openEnd`: the length of a text that doesn't end with a line's end. */
  constructor(
    private readonly tell: (message: string, at: number) => void,
    private readonly openEnd: number | null,
  ) {}

  value(node: Node | null): Json {
    return this.read(node, 0).value
  }

  private read(node: unknown, depth: number): Known {
    const known = this.part(node, depth)
    this.known.set(node, known)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) this.anchors.set(anchor, known)
    if (anchor !== undefined && !/^[\w-]+$/.test(anchor)) {
      this.tell('an anchor is called by letters, digits, - and _', placeOf(node))
    }
    return known
  }

  private part(node: unknown, depth: number): Known {
    if (isScalar(node)) return { ...this.scalar(node), size: 1 }
    if (isAlias(node)) return this.alias(node.source, placeOf(node))
    if (!isMap(node) && !isSeq(node)) return { value: null, size: 1 }
    if (depth >= MAX_DEPTH) {
      this.tell(`nested deeper than ${MAX_DEPTH} levels`, placeOf(node))
      return { value: null, size: 1 }
    }
    if (node.tag !== undefined) this.tell(`the tag ${node.tag} is not known here`, placeOf(node))
    return isMap(node) ? this.map(node, depth + 1) : this.list(node.items, depth + 1)
  }

  private map(node: YAMLMap, depth: number): Known {
    const value: { [key: string]: Json } = {}
    let size = 1
    for (const pair of node.items) {
      const key = this.key(pair, value)
      const part = this.read(pair.value, depth)
      size += part.size
      if (key !== null) put(value, key, part.value, part.written)
    }
    return { value, size }
  }

  private list(items: readonly unknown[], depth: number): Known {
    const value: Json[] = []
    let size = 1
    for (const item of items) {
      const part = this.read(item, depth)
      size += part.size
      put(value, value.length, part.value, part.written)
    }
    return { value, size }
  }

  private key({ key }: Pair, into: object): string | null {
    const at = placeOf(key)
    if (!isScalar(key)) {
      this.tell(isAlias(key) ? 'a key must be text, not an alias' : 'a key must be text', at)
      return null
    }
    const { value } = this.read(key, 0)
    const shown = String(key.value).slice(0, 100)
    if (typeof value !== 'string') this.tell(`the key ${shown} must be text: put it in quotes`, at)
    else if (Object.hasOwn(into, value)) this.tell(`the key "${shown}" stands twice in one mapping`, at)
    else return value
    return null
  }

  private scalar(node: Scalar): Meaning {
    const text = this.textOf(node)
    const at = placeOf(node)
    if (node.tag !== undefined && node.tag !== TEXT_TAG) {
      this.tell(`the tag ${node.tag} is not known here`, at)
    }
    const wrong = unportable(text)
    if (wrong) this.tell(wrong, at)
    if (node.tag !== undefined || !isPlain(node)) return { value: text }
    if (text.startsWith('?')) this.tell('put text that begins with ? in quotes', at)
    const meaning = meaningOf(text)
    if (meaning.problem) this.tell(meaning.problem, at)
    return meaning
  }

  /** The server's parser adds no line end to a block whose last line has none. */
  private textOf(node: Scalar): string {
    const text = typeof node.value === 'string' ? node.value : ''
    const isLast = this.openEnd !== null && (node.range?.[1] ?? 0) >= this.openEnd
    return isLast && hasOpenLine(node) ? text.replace(/\n$/, '') : text
  }

  private alias(name: string, at: number): Known {
    const known = this.anchors.get(name)
    if (!known) {
      this.tell(`the alias *${name} names nothing that is complete`, at)
      return { value: null, size: 1 }
    }
    this.repeated += known.size
    if (this.repeated > MAX_REPEATED) this.tell(`aliases repeat more than ${MAX_REPEATED} values`, at)
    return known
  }
}

/** Whether a block's last line holds more than its indentation. */
function hasOpenLine({ srcToken }: Scalar): boolean {
  if (srcToken?.type !== 'block-scalar') return false
  const lines = srcToken.source.split('\n')
  const indent = lines.find((line) => line.trim())?.search(/\S/) ?? Infinity
  return (lines.at(-1)?.length ?? 0) > indent
}

/** An empty one has no style at all. */
export function isPlain(node: Scalar): boolean {
  return node.type === undefined || node.type === 'PLAIN'
}

function placeOf(node: unknown): number {
  return (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) && node.range ? node.range[0] : 0
}
