"""What the engines stand on: who holds a job, who goes next, where a long job is, and the queue."""
