namespace StorageEngines;

/// <summary>A running command. Dispose it on every path: that ends the command, on the other host too, and waits until it is gone.</summary>
/// <remarks>One reader at a time; <see cref="Completion"/> may be awaited from anywhere.</remarks>
public interface ICommandExecution : IAsyncDisposable
{
    /// <summary>
    /// The command's standard output. It reports its end (a read of 0 bytes) only if the command ended with a success code and every byte came
    /// over; otherwise the last read throws.
    /// </summary>
    /// <exception cref="StorageCommandException">On a read: the command failed, could not be started, or the connection to its host was lost or stalled.</exception>
    Stream StandardOutput { get; }

    /// <summary>Ends when the command has ended, with success codes and others alike. Read or dispose the output first: a command whose output nobody reads may wait for ever.</summary>
    /// <exception cref="StorageCommandException">The connection to the host was lost or stalled, so that the exit code is not known.</exception>
    Task<CommandExit> Completion { get; }
}
