package org.fhirbridge.judge;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.validator.FhirDefaultPolicyAdvisor;
import org.hl7.fhir.r5.context.IWorkerContext;
import org.hl7.fhir.r5.elementmodel.Element;
import org.hl7.fhir.r5.elementmodel.Manager;
import org.hl7.fhir.r5.model.CanonicalResource;
import org.hl7.fhir.r5.model.CanonicalType;
import org.hl7.fhir.r5.utils.validation.IResourceValidator;
import org.hl7.fhir.r5.utils.validation.IValidatorResourceFetcher;
import org.hl7.fhir.r5.utils.validation.constants.ReferenceValidationPolicy;

/**
 * Lets the validator judge the type that a reference names although nothing is at the other end: what "Patient/1" leads
 * to is a Patient with that id and nothing else. No other reference is followed.
 */
final class References extends FhirDefaultPolicyAdvisor implements IValidatorResourceFetcher {
  private static final Pattern LITERAL =
      Pattern.compile("(?:https?://.+/)?([A-Z][A-Za-z]+)/([A-Za-z0-9.-]{1,64})(?:/_history/[A-Za-z0-9.-]{1,64})?");

  private final Supplier<? extends IWorkerContext> context;
  private final Set<String> types;

  /** The context is there only once the validator has begun, so it is asked for late. */
  References(Supplier<? extends IWorkerContext> context, Set<String> types) {
    this.context = context;
    this.types = types;
  }

  @Override
  public ReferenceValidationPolicy policyForReference(
      IResourceValidator validator, Object appContext, String path, String url, ReferenceDestinationType destination) {
    boolean isJudged = destination != ReferenceDestinationType.CONTAINED && type(url) != null;
    return isJudged
        ? ReferenceValidationPolicy.CHECK_TYPE_IF_EXISTS
        : super.policyForReference(validator, appContext, path, url, destination);
  }

  @Override
  public Element fetch(IResourceValidator validator, Object appContext, String url) throws IOException {
    String type = type(url);
    if (type == null) {
      return null;
    }
    String stub = "{\"resourceType\": \"" + type + "\", \"id\": \"" + LITERAL.matcher(url).replaceFirst("$2") + "\"}";
    return Manager.parseSingle(
        context.get(), new ByteArrayInputStream(stub.getBytes(StandardCharsets.UTF_8)), Manager.FhirFormat.JSON);
  }

  private String type(String url) {
    Matcher found = LITERAL.matcher(url == null ? "" : url);
    return found.matches() && types.contains(found.group(1)) ? found.group(1) : null;
  }

  @Override
  public boolean resolveURL(
      IResourceValidator validator,
      Object appContext,
      String path,
      String url,
      String type,
      boolean isCanonical,
      List<CanonicalType> targets) {
    return true;
  }

  @Override
  public byte[] fetchRaw(IResourceValidator validator, String url) {
    return null;
  }

  @Override
  public IValidatorResourceFetcher setLocale(Locale locale) {
    return this;
  }

  @Override
  public CanonicalResource fetchCanonicalResource(IResourceValidator validator, Object appContext, String url) {
    return null;
  }

  @Override
  public boolean fetchesCanonicalResource(IResourceValidator validator, String url) {
    return false;
  }

  @Override
  public Set<String> fetchCanonicalResourceVersions(IResourceValidator validator, Object appContext, String url) {
    return Set.of();
  }
}
