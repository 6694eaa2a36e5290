"""What things are: fields, registers, scales, reference tables, methods, provenance. Imports nothing else."""
