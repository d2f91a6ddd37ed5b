import { Page } from '../ui/Page'

export function DeliveriesPage() {
  return <Page title="Deliveries">{null}</Page>
}
