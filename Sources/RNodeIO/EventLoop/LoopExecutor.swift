// A loop runs the jobs of tasks that prefer it, and of actors pinned to it, on its own thread.
extension EventLoop: SerialExecutor, TaskExecutor {
    /// Takes a job. On the loop's own thread this costs neither a lock nor a wake.
    public func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        if isOnLoop {
            localJobs.append(unowned)
        } else if !mailbox.post(unowned) {
            startLateThread()
        }
    }

    /// The loop as an executor that does not keep it alive.
    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        // SAFETY: whoever runs a task here holds the loop: the app and its group keep every loop to their own end.
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Whether the calling code runs on the loop.
    public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    /// Asserts, in debug builds, that the calling code runs on the loop.
    public func checkIsolated() {
        assert(isOnLoop, "this runs on the thread of loop \(index) only")
    }

    /// Runs the jobs that wait, and those they add, as many as the turn has left: sockets are served too.
    func runLocalJobs() {
        while !localJobs.isEmpty, jobsLeft > 0 {
            var batch: [UnownedJob] = []
            swap(&batch, &localJobs)
            if batch.count > jobsLeft {
                localJobs.append(contentsOf: batch[jobsLeft...])
                batch.removeSubrange(jobsLeft...)
            }
            jobsLeft -= batch.count
            for job in batch {
                // SAFETY: each job is taken out of the list once, and run on the thread the loop is owned by.
                unsafe job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            }
            // The batch's memory serves the next one.
            if localJobs.isEmpty {
                batch.removeAll(keepingCapacity: true)
                localJobs = batch
            }
        }
    }
}
