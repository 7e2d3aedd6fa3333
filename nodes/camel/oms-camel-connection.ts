import { Contracts } from '../edge/contracts';
import { defineProvider } from '../fulfillment/connection';
import { watched } from '../runtime/endpoints';
import { Environment } from '../runtime/environment';
import type { NodeConfig } from '../runtime/node';
import { createCamelClient } from './client';
import { camelOptions, type CamelSettings, testCamel } from './connection';
import { cirro } from './provider';

export default defineProvider<CamelSettings & NodeConfig>(
  'oms-camel-connection',
  (config, services) => cirro(watched(services, createCamelClient(camelOptions(config, services.get(Environment)))), services.get(Contracts)),
  testCamel,
);
