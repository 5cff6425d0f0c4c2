"""Apple configuration profiles: building them, reading them, judging them. Pure: values in, values out."""
