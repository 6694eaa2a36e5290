"""What things are: fields, registers, scales, reference tables, methods, provenance; imports nothing of ours."""
