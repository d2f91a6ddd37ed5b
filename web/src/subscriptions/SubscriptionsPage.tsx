import { Page } from '../ui/Page'

export function SubscriptionsPage() {
  return <Page title="Subscriptions">{null}</Page>
}
