import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import type { HttpMessage } from './caller';
import { Contracts } from './contracts';

interface ValidateConfig extends NodeConfig {
  contract: string;
}

export default defineNode<ValidateConfig, HttpMessage>('oms-validate', (node, config) => {
  const contracts = node.services.get(Contracts);
  if (!contracts.names().includes(config.contract)) throw new InvalidInput(`there is no contract named ${config.contract || '(none)'}`, { code: 'validate.no-contract' });
  return {
    input(message, send) {
      if (message.payload === undefined || message.payload === null || typeof message.payload !== 'object' || Buffer.isBuffer(message.payload))
        throw new InvalidInput('a JSON body is needed, with content type application/json', { code: 'contract.violated', pointer: '' });
      contracts.validate(config.contract, message.payload);
      send(message);
    },
  };
});
