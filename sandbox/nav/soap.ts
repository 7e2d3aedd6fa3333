import type { Reply } from '../http/reply';
import { BadXml, child, type Element, escapeXml, parseXml } from './xml';

/** Namespace of the codeunit. */
export const namespace = 'urn:microsoft-dynamics-schemas/codeunit/OmsIntegration';

/** A definite no of NAV, which goes out as a Soap:Fault. */
export class NavFault extends Error {
  readonly type: string;

  /** @param type last part of the .NET exception's name, e.g. `NavTestFieldException` */
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** One call of the codeunit. */
export interface Call {
  operation: string;
  /** Texts of the parameters by name. */
  parameters: Record<string, string>;
}

/** Reads a SOAP 1.1 request. @throws NavFault for what is no call of the codeunit */
export function readCall(xml: string): Call {
  let root: Element;
  try {
    root = parseXml(xml);
  } catch (error) {
    if (error instanceof BadXml) throw new NavFault('NavNCLXmlException', `The request is not well-formed: ${error.message}`);
    throw error;
  }
  const operation = root.name === 'Envelope' ? child(root, 'Body')?.children[0] : undefined;
  if (!operation) throw new NavFault('NavNCLDialogException', 'The request is no SOAP envelope with a body.');
  return { operation: operation.name, parameters: Object.fromEntries(operation.children.map(({ name, text }) => [name, text])) };
}

/** The answer to a call. */
export function soapResult(operation: string, value: string): Reply {
  return envelope(200, `<${operation}_Result xmlns="${namespace}"><return_value>${escapeXml(value)}</return_value></${operation}_Result>`);
}

/** The answer to a call that NAV refuses: HTTP 500, as SOAP 1.1 has it. */
export function soapFault({ type, message }: NavFault): Reply {
  return envelope(
    500,
    '<Soap:Fault>' +
      `<faultcode xmlns:a="urn:microsoft-dynamics-schemas/error">a:Microsoft.Dynamics.Nav.Types.Exceptions.${escapeXml(type)}</faultcode>` +
      `<faultstring xml:lang="en-US">${escapeXml(message)}</faultstring>` +
      `<detail><string xmlns="http://schemas.microsoft.com/2003/10/Serialization/">${escapeXml(message)}</string></detail>` +
      '</Soap:Fault>',
  );
}

function envelope(status: number, body: string): Reply {
  return {
    status,
    headers: { 'content-type': 'text/xml; charset=utf-8' },
    body: `<Soap:Envelope xmlns:Soap="http://schemas.xmlsoap.org/soap/envelope/"><Soap:Body>${body}</Soap:Body></Soap:Envelope>`,
  };
}
