import { defineNode, type NodeConfig } from '../runtime/node';
import { correlationOf, type HttpMessage } from './caller';
import { Contracts } from './contracts';
import { Inbox, STATUS_OF_ANSWER } from './inbox';
import { FactReaders } from './readers';

interface FactConfig extends NodeConfig {
  contract: string;
}

export default defineNode<FactConfig, HttpMessage>('oms-fact', (node, config) => {
  const contracts = node.services.get(Contracts);
  const inbox = node.services.get(Inbox);
  const { read, answers } = node.services.get(FactReaders).get(config.contract);
  return {
    async input(message, send) {
      // Whatever a flow forgot: nothing that breaks its contract reaches the inbox.
      contracts.validate(config.contract, message.payload);
      const begun = performance.now();
      const answered = await inbox.receive(read(message.payload as never, message.req?.params ?? {}), node.id);
      const [first] = answered;
      message.statusCode = answers === 'each' ? 200 : first ? STATUS_OF_ANSWER[first.result] : 400;
      message.payload = answers === 'each' ? { orders: answered } : first;
      const ms = Math.round(performance.now() - begun);
      const correlation = message.req && correlationOf(message);
      for (const { order_id: order, result, status } of answered) node.log.info({ order, flow: node.flow, node: node.id, code: `fact.${result}`, status, ms, correlation }, 'a fact was taken');
      const reports = answered.map((answer) => ({ payload: { order: answer.order_id, status: `${answer.result}${answer.status ? `: ${answer.status}` : ''}`, ms } }));
      send([message, reports] as never);
    },
  };
});
