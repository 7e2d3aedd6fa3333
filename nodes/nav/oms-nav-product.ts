import { Ledger } from '../effects/ledger';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import type { NavClient } from './client';
import { NAV_ENDPOINTS } from './connection';
import { exportProduct } from './effects';
import { readProduct } from './product';

interface NavProductConfig extends NodeConfig {
  connection: string;
  endpoint: string;
}

export default defineNode<NavProductConfig>('oms-nav-product', (node, config) => {
  const nav = node.use<NavClient>(config.connection);
  const { endpoint } = config;
  if (!NAV_ENDPOINTS.includes(endpoint)) throw new InvalidInput('no company of NAV is chosen', { code: 'nav.no-endpoint' });
  const { alone } = node.services.get(Ledger);
  return {
    async input(message, send) {
      const product = readProduct(message.payload);
      const { reference } = await alone.perform(exportProduct, nav, { ...product, endpoint }, node.id);
      message.payload = { company: endpoint, sku: product.sku, reference };
      send(message);
    },
  };
});
