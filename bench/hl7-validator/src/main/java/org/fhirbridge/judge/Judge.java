package org.fhirbridge.judge;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;

/**
 * Reads lines "FILE[<tab>PROFILE]..." up to an empty line and answers each, in order, with one line of JSON: a list of
 * {"severity", "path", "rule", "text"}; then the next lines, until there are none. The arguments are FHIR packages
 * (.tgz). Terminology is what the packages and R4 hold; nothing is asked over the network.
 *
 * <p>Extensions that no package defines are refused, but for those of the domains that HL7 keeps for examples.
 */
public final class Judge {
  private Judge() {}

  public static void main(String[] packages) throws IOException {
    FhirContext context = FhirContext.forR4();
    FhirValidator validator = validator(context, support(context, packages));
    PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (List<String> asked = asked(lines); !asked.isEmpty(); asked = asked(lines)) {
      asked.parallelStream().map(line -> judged(validator, line.split("\t"))).toList().forEach(out::println);
      out.flush();
    }
  }

  private static List<String> asked(BufferedReader lines) throws IOException {
    List<String> asked = new ArrayList<>();
    for (String line = lines.readLine(); line != null && !line.isEmpty(); line = lines.readLine()) {
      asked.add(line);
    }
    return asked;
  }

  private static FhirValidator validator(FhirContext context, IValidationSupport support) {
    FhirInstanceValidator module = new FhirInstanceValidator(support);
    module.setAnyExtensionsAllowed(false);
    module.setAllowExamples(true);
    module.setErrorForUnknownProfiles(false);
    References references = new References(module::getWorkerContext, context.getResourceTypes());
    module.setValidatorPolicyAdvisor(references);
    module.setValidatorResourceFetcher(references);
    return context.newValidator().registerValidatorModule(module);
  }

  private static IValidationSupport support(FhirContext context, String[] packages) throws IOException {
    PrePopulatedValidationSupport loaded = new PrePopulatedValidationSupport(context);
    Packages.load(context, loaded, packages);
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.INFORMATION);
    InMemoryTerminologyServerValidationSupport codes = new InMemoryTerminologyServerValidationSupport(context);
    codes.setIssueSeverityForCodeDisplayMismatch(IValidationSupport.IssueSeverity.ERROR);
    return new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        loaded,
        new CommonCodeSystemsTerminologyService(context),
        codes,
        unknown,
        new SnapshotGeneratingValidationSupport(context));
  }

  private static String judged(FhirValidator validator, String[] parts) {
    ValidationOptions options = new ValidationOptions();
    for (int i = 1; i < parts.length; i++) {
      options.addProfile(parts[i]);
    }
    List<String> issues = new ArrayList<>();
    try {
      String text = Files.readString(Path.of(parts[0]), StandardCharsets.UTF_8);
      for (SingleValidationMessage each : validator.validateWithResult(text, options).getMessages()) {
        issues.add(issue(
            String.valueOf(each.getSeverity()).toLowerCase(),
            each.getLocationString(),
            each.getMessageId(),
            each.getMessage()));
      }
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    } catch (RuntimeException refused) {
      issues.add(issue("fatal", "", "parse", refused.getMessage()));
    }
    return "[" + String.join(", ", issues) + "]";
  }

  private static String issue(String severity, String path, String rule, String text) {
    return "{\"severity\": " + quoted(severity) + ", \"path\": " + quoted(path) + ", \"rule\": " + quoted(rule)
        + ", \"text\": " + quoted(text) + "}";
  }

  private static String quoted(String text) {
    StringBuilder made = new StringBuilder("\"");
    for (char c : (text == null ? "" : text).toCharArray()) {
      if (c == '"' || c == '\\') {
        made.append('\\').append(c);
      } else if (c < ' ') {
        made.append(String.format("\\u%04x", (int) c));
      } else {
        made.append(c);
      }
    }
    return made.append('"').toString();
  }
}
