import { watched } from '../runtime/endpoints';
import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { createNavClient, type NavClient } from './client';
import { navOptions, type NavSettings, testNav } from './connection';

export default defineConnection<NavSettings & NodeConfig, NavClient>(
  'oms-nav-connection',
  (config, services) => watched(services, createNavClient(navOptions(config, services.get(Environment)))),
  testNav,
);
