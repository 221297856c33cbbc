namespace StorageEngines.Hosting;

/// <summary>A plug-in cannot be used. The others work on.</summary>
public sealed class PluginException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="fault">What is wrong.</param>
    /// <param name="path">The file or folder that is at fault.</param>
    /// <param name="what">What is wrong with it, to follow the path in a sentence, and what to do.</param>
    /// <param name="innerException">The cause, if another exception is it.</param>
    public PluginException(PluginFault fault, string path, string what, Exception? innerException = null)
        : base(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction, $"The plug-in '{path}' {what}", innerException)
    {
        Fault = fault;
        Path = path;
    }

    internal PluginException(PluginFailure failure)
        : base(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction, failure.Message)
    {
        Fault = failure.Fault;
        Path = failure.Path;
    }

    /// <summary>What is wrong.</summary>
    public PluginFault Fault { get; }

    /// <summary>The file or folder that is at fault.</summary>
    public string Path { get; }
}
