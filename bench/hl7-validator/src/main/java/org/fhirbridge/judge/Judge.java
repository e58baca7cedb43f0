package org.fhirbridge.judge;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import ca.uhn.fhir.validation.ValidationOptions;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.utilities.npm.NpmPackage;

/**
 * Reads lines "FILE[<tab>PROFILE]..." and answers each with one line of JSON: {"file": ..., "issues": [{"severity",
 * "path", "rule", "text"}]}. The arguments are FHIR packages (.tgz). Terminology is what the packages and R4 hold; nothing
 * is asked over the network.
 */
public final class Judge {
  private Judge() {}

  public static void main(String[] packages) throws Exception {
    FhirContext context = FhirContext.forR4();
    FhirValidator validator = validator(context, support(context, packages));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      out.println(judged(validator, line.split("\t")));
    }
  }

  private static FhirValidator validator(FhirContext context, IValidationSupport support) {
    FhirInstanceValidator module = new FhirInstanceValidator(support);
    module.setAnyExtensionsAllowed(true);
    module.setErrorForUnknownProfiles(false);
    return context.newValidator().registerValidatorModule(module);
  }

  private static IValidationSupport support(FhirContext context, String[] packages) throws Exception {
    PrePopulatedValidationSupport loaded = new PrePopulatedValidationSupport(context);
    for (String each : packages) {
      load(context, loaded, Path.of(each));
    }
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.INFORMATION);
    return new ValidationSupportChain(
        new DefaultProfileValidationSupport(context),
        loaded,
        new CommonCodeSystemsTerminologyService(context),
        new InMemoryTerminologyServerValidationSupport(context),
        unknown,
        new SnapshotGeneratingValidationSupport(context));
  }

  private static void load(FhirContext context, PrePopulatedValidationSupport loaded, Path file) throws Exception {
    NpmPackage definitions;
    try (InputStream in = new FileInputStream(file.toFile())) {
      definitions = NpmPackage.fromPackage(in);
    }
    Set<String> types = Set.of("StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter");
    for (String name : definitions.listResources(types)) {
      try (InputStream in = definitions.loadResource(name)) {
        loaded.addResource((Resource) context.newJsonParser().parseResource(in));
      }
    }
  }

  private static String judged(FhirValidator validator, String[] parts) throws Exception {
    ValidationOptions options = new ValidationOptions();
    for (int i = 1; i < parts.length; i++) {
      options.addProfile(parts[i]);
    }
    String text = Files.readString(Path.of(parts[0]), StandardCharsets.UTF_8);
    List<String> issues = new ArrayList<>();
    try {
      for (SingleValidationMessage each : validator.validateWithResult(text, options).getMessages()) {
        issues.add(issue(
            String.valueOf(each.getSeverity()).toLowerCase(),
            each.getLocationString(),
            each.getMessageId(),
            each.getMessage()));
      }
    } catch (RuntimeException refused) {
      issues.add(issue("fatal", "", "parse", refused.getMessage()));
    }
    return "{\"file\": " + quoted(parts[0]) + ", \"issues\": [" + String.join(", ", issues) + "]}";
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
