"""Snapshots: every element of a profile, made from its differential over what it constrains."""

from fhirbridge.validation.snapshots.generate import Snapshot, Snapshots
from fhirbridge.validation.snapshots.node import Binding, Discriminator, Node, Rule, Slicing, TypeRef

__all__ = ["Binding", "Discriminator", "Node", "Rule", "Slicing", "Snapshot", "Snapshots", "TypeRef"]
