import { watched } from '../runtime/endpoints';
import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { createSfccClient, type SfccClient } from './client';
import { sfccOptions, type SfccSettings, testSfcc } from './connection';

export default defineConnection<SfccSettings & NodeConfig, SfccClient>(
  'oms-sfcc-connection',
  (config, services) => watched(services, createSfccClient(sfccOptions(config, services.get(Environment)))),
  testSfcc,
);
