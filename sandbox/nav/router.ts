import { type Request, type Response, Router } from 'express';
import type { Dispatcher } from '../camel/dispatcher';
import { type Plans, releaseId } from '../camel/plans';
import type { FaultTable } from '../faults/fault-table';
import { bodyText } from '../http/body';
import { play } from '../http/play';
import { type Reply, text } from '../http/reply';
import { type NavDocuments, toDocumentsXml } from './documents';
import { readDocType, readDocument } from './import-document';
import { NtlmDoor } from './ntlm-handshake';
import { type Call, NavFault, readCall, soapFault, soapResult } from './soap';

/** The companies: where each is below `/nav`, and its one account. */
const companies = {
  us: { path: '/us/WS/US/Codeunit/OmsIntegration', account: { domain: 'PSCORP', user: 'oms', password: 'sandbox-nav' } },
  emea: { path: '/emea/WS/EMEA/Codeunit/OmsIntegration', account: { domain: 'PSCORP', user: 'oms-emea', password: 'sandbox-nav-emea' } },
  writeon: { path: '/writeon/WS/WRITEON/Codeunit/OmsIntegration', account: { domain: 'PSCORP', user: 'oms-writeon', password: 'sandbox-nav-writeon' } },
  japan: { path: '/japan/WS/JAPAN/Codeunit/OmsIntegration', account: { domain: 'PSJAPAN', user: 'oms-japan', password: 'sandbox-nav-japan' } },
} as const;

/** The account of the US company, and that of the Japanese one. */
export const navCredentials = companies.us.account;
export const japanCredentials = companies.japan.account;

const earlyReleaseMs = 300;
const refusal = soapFault(new NavFault('NavNCLDialogException', 'The sandbox was told to refuse this.'));

interface Parts {
  documents: NavDocuments;
  plans: Plans;
  dispatcher: Dispatcher;
  faults: FaultTable;
}

/** The codeunit OmsIntegration of the four NAV companies, behind NTLM. */
export function navRouter({ documents, plans, dispatcher, faults }: Parts): Router {
  const router = Router();

  async function importDocument(region: string, { docType: type, xmlText = '' }: Call['parameters']): Promise<string> {
    const docType = readDocType(type);
    const head = readDocument(docType, xmlText);
    const salesOrder = documents.salesOrder(region, head.externalDocumentNo);
    if ((docType === 3 || docType === 6 || docType === 7) && !salesOrder) {
      throw new NavFault('NavCSideRecordNotFoundException', `The Sales Header does not exist. External Document No.='${head.externalDocumentNo}'`);
    }
    if (docType === 7 && salesOrder?.posted) throw new NavFault('NavNCLDialogException', 'The sales order has been posted and can no longer be cancelled.');
    const document = documents.import(region, head, (made) => (docType === 1 ? plans.release(made) : []));
    if (docType === 1 && plans.releasesEarly(document)) await dispatcher.firstAttempt(releaseId(document), earlyReleaseMs);
    return document.no;
  }

  async function carryOut(region: string, { operation, parameters }: Call): Promise<string> {
    if (operation === 'ImportDocument') return importDocument(region, parameters);
    if (operation === 'FindDocuments') {
      return toDocumentsXml(documents.find(region, readDocType(parameters.docType), parameters.externalDocumentNo ?? ''));
    }
    throw new NavFault('NavNCLDialogException', `The codeunit has no operation ${operation}.`);
  }

  async function act(door: NtlmDoor, region: string, request: Request): Promise<Reply> {
    const admission = door.admit(request.socket, request.headers.authorization);
    if (!admission.admitted) return text(401, 'Access is denied.', { 'www-authenticate': admission.authenticate });
    try {
      const call = readCall(bodyText(request));
      return soapResult(call.operation, await carryOut(region, call));
    } catch (error) {
      if (error instanceof NavFault) return soapFault(error);
      throw error;
    }
  }

  for (const [region, { path, account }] of Object.entries(companies)) {
    const door = new NtlmDoor(account);
    router.post(path, (request: Request, response: Response) => {
      const passes = door.mayPass(request.socket, request.headers.authorization);
      const operation = passes ? operationOf(bodyText(request)) : 'handshake';
      return play(faults, { system: 'nav', operation, endpoint: region, refusal, act: () => act(door, region, request) }, request, response);
    });
  }
  router.use((_request, response) => {
    response.status(404).type('text').send('There is no such service.');
  });
  return router;
}

/** The name by which a fault can be narrowed to a call. */
function operationOf(xml: string): string {
  try {
    const { operation, parameters } = readCall(xml);
    return operation === 'FindDocuments' ? 'find' : `document:${Number(parameters.docType)}`;
  } catch (error) {
    if (error instanceof NavFault) return 'unknown';
    throw error;
  }
}
