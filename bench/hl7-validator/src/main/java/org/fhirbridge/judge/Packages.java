package org.fhirbridge.judge;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.r4.model.CanonicalType;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.r4.model.ValueSet;
import org.hl7.fhir.utilities.npm.NpmPackage;

/**
 * The definitions of FHIR packages. A value set that imports one which nobody gave us is left out: the validator would
 * take the missing part for empty and refuse every code of it, where the truth is that it cannot be checked.
 */
final class Packages {
  private static final Set<String> TYPES = Set.of("StructureDefinition", "ValueSet", "CodeSystem", "SearchParameter");

  private final IValidationSupport core;
  private final List<Resource> resources = new ArrayList<>();
  private final Map<String, ValueSet> valueSets = new HashMap<>();

  private Packages(FhirContext context) {
    this.core = new DefaultProfileValidationSupport(context);
  }

  static void load(FhirContext context, PrePopulatedValidationSupport loaded, String[] files) throws IOException {
    Packages all = new Packages(context);
    for (String file : files) {
      all.read(context, file);
    }
    for (Resource each : all.resources) {
      if (!(each instanceof ValueSet set) || all.isComplete(set)) {
        loaded.addResource(each);
      }
    }
  }

  private void read(FhirContext context, String file) throws IOException {
    NpmPackage definitions;
    try (InputStream in = new FileInputStream(file)) {
      definitions = NpmPackage.fromPackage(in);
    }
    for (String name : definitions.listResources(TYPES)) {
      try (InputStream in = definitions.loadResource(name)) {
        Resource resource = (Resource) context.newJsonParser().parseResource(in);
        resources.add(resource);
        if (resource instanceof ValueSet set) {
          valueSets.put(set.getUrl(), set);
        }
      }
    }
  }

  private boolean isComplete(ValueSet set) {
    return Stream.concat(set.getCompose().getInclude().stream(), set.getCompose().getExclude().stream())
        .flatMap(part -> part.getValueSet().stream())
        .map(CanonicalType::getValue)
        .allMatch(this::isHere);
  }

  private boolean isHere(String canonical) {
    String url = canonical.split("\\|")[0];
    return valueSets.containsKey(url) ? isComplete(valueSets.get(url)) : core.fetchValueSet(url) != null;
  }
}
