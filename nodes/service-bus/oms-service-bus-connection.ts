import { Environment } from '../runtime/environment';
import { defineConnection, type NodeConfig } from '../runtime/node';
import { type ServiceBusSettings, serviceBusSettings, testServiceBus } from './connection';

export default defineConnection<NodeConfig, ServiceBusSettings>('oms-service-bus-connection', (_config, services) => serviceBusSettings(services.get(Environment)), testServiceBus);
