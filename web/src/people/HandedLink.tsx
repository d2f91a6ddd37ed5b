/** A link to hand on: what it is for, and how long it is good. It is shown this once. */
import type { OnceLink } from '../api/people'
import { absolute } from '../ui/format'
import { ShownOnce } from '../ui/ShownOnce'

export interface Handed extends OnceLink {
  title: string
  about: string
}

export function HandedLink({ link, onClose }: { link: Handed; onClose: () => void }) {
  return (
    <ShownOnce
      title={link.title}
      description={`${link.about} It isn’t shown again, works once, and until ${absolute(link.expires_at)}.`}
      label="the link"
      value={link.url}
      onClose={onClose}
    />
  )
}
