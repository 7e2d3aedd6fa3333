import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { type CamelClient, createCamelClient } from './client';
import { camelOptions, type CamelSettings, testCamel } from './connection';

export default defineConnection<CamelSettings & NodeConfig, CamelClient>(
  'oms-camel-connection',
  (config, services) => createCamelClient(camelOptions(config, services.get(Environment))),
  testCamel,
);
