/** A part that fails to draw says so in its place; the canvas and the document go on. */
import { Component, type ReactNode } from 'react'

import { ErrorState } from '../../ui/states'

interface State {
  error: unknown
}

export class PartBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(error: unknown): State {
    return { error }
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children
    return <ErrorState error={this.state.error} retry={() => this.setState({ error: null })} />
  }
}
