namespace StorageEngines.Cli;

/// <summary>
/// Runs each task at once, by whoever starts it: an engine that asks for the scheduler it is called under spares the process the thread pool and the state machines
/// of everything that would wait, which is a third of a short command. What asks for the thread pool gets it.
/// </summary>
internal sealed class PresentScheduler : TaskScheduler
{
    /// <inheritdoc/>
    protected override void QueueTask(Task task) => TryExecuteTask(task);

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [];
}
