using System.Diagnostics;
using System.IO.Pipelines;

namespace StorageEngines.Transport;

/// <summary>A command running on this machine.</summary>
internal sealed class LocalCommandExecution : ICommandExecution
{
    private const int BufferBytes = 1024 * 1024;
    private const int InputBytes = 64 * 1024;
    private const int ReadBytes = 256 * 1024;

    /// <summary>How long a command may take to end by itself after SIGTERM.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for the end of the pipes once the command itself has ended: something it left running may hold them open.</summary>
    private static readonly TimeSpan PipeGrace = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly Stream _errorOutput;
    private readonly CommandRequest _request;
    private readonly bool _ownGroup;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationTokenSource _stop = new();
    private readonly StandardErrorTail _errors;
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: BufferBytes, resumeWriterThreshold: BufferBytes / 2, useSynchronizationContext: false));
    private readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _errorReader;
    private readonly Task _inputWriter;
    private readonly long _started;
    private readonly int _processId;
    private readonly Lock _endGate = new();
    private Task? _ending;
    private volatile StorageCommandException? _inputFailure;

    public LocalCommandExecution(Process process, CommandRequest request, bool ownGroup, TimeProvider time, CancellationToken cancellationToken)
    {
        _process = process;
        _request = request;
        _ownGroup = ownGroup;
        _time = time;
        _cancellationToken = cancellationToken;
        _errors = new StandardErrorTail(request.MaxStandardErrorBytes);
        _started = time.GetTimestamp();
        _processId = process.Id;

        // Taken before anything runs: a pipe that was never asked for is closed by Process.Dispose, which then meets a thread that has just begun to use it.
        _input = process.StandardInput.BaseStream;
        _output = process.StandardOutput.BaseStream;
        _errorOutput = process.StandardError.BaseStream;
        _ = OutputPipe.Enlarge(_output);
        new Thread(PumpOutput) { IsBackground = true, Name = "command output: " + request.Program }.Start();
        _errorReader = PumpErrorsAsync();
        _inputWriter = PumpInputAsync();
        Completion = CompleteAsync();
        StandardOutput = new CommandOutputStream(_pipe.Reader.AsStream(), VerifyEndAsync, ThrowIfStopped);
        _registration = cancellationToken.UnsafeRegister(static state => _ = ((LocalCommandExecution)state!).EndAsync(), this);
    }

    /// <inheritdoc/>
    public Stream StandardOutput { get; }

    /// <inheritdoc/>
    public Task<CommandExit> Completion { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndAsync().ConfigureAwait(false);
        await _registration.DisposeAsync().ConfigureAwait(false);
        _process.Dispose();
    }

    // One blocking read after the other on a thread of its own costs about a tenth of the processor time of asynchronous reads on a pipe.
    private void PumpOutput()
    {
        try
        {
            int read;
            while ((read = _output.Read(_pipe.Writer.GetSpan(ReadBytes))) > 0)
            {
                _pipe.Writer.Advance(read);
                ValueTask<FlushResult> flush = _pipe.Writer.FlushAsync(_stop.Token);
                if ((flush.IsCompleted ? flush.Result : flush.AsTask().GetAwaiter().GetResult()).IsCompleted)
                {
                    break;
                }
            }

            _pipe.Writer.Complete();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            _pipe.Writer.Complete(_stop.IsCancellationRequested ? null : e);
        }
        finally
        {
            _output.Dispose();
            _outputEnded.TrySetResult();
        }
    }

    private async Task PumpErrorsAsync()
    {
        var buffer = new byte[4096];
        int read;
        while ((read = await _errorOutput.ReadAsync(buffer).ConfigureAwait(false)) > 0)
        {
            _errors.Append(buffer.AsSpan(0, read));
        }

        await _errorOutput.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PumpInputAsync()
    {
        // Not on the caller's thread: reading the caller's stream may block, and the caller is to get the output meanwhile.
        await Task.Yield();
        var buffer = new byte[InputBytes];
        try
        {
            int read;
            while (_request.StandardInput is { } source && (read = await ReadInputAsync(source, buffer).ConfigureAwait(false)) > 0)
            {
                await _input.WriteAsync(buffer.AsMemory(0, read), _stop.Token).ConfigureAwait(false);
            }

            await _input.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The command closed its input before its end, or is gone. Whether that is a failure, its exit code says.
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested || _inputFailure is not null)
        {
            // The command is being ended. Its input is closed only after that, so that it does not take half of it for the whole.
        }
    }

    private async ValueTask<int> ReadInputAsync(Stream source, byte[] buffer)
    {
        try
        {
            return await source.ReadAsync(buffer, _stop.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Half an input must not be taken for the whole: the command is ended before its input is closed.
            _inputFailure = new StorageCommandException(
                EngineStatus.Aborted, EngineReason.StreamCorrupt, Recovery.Retry, $"The input of '{_request.Program}' could not be read: {e.Message}", e)
            { Host = "localhost", Operation = _request.Operation ?? _request.Program };
            Signal(ProcessSignals.Kill);
            throw new OperationCanceledException(_inputFailure.Message, e);
        }
    }

    private async Task<CommandExit> CompleteAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        TimeSpan elapsed = _time.GetElapsedTime(_started);
        await Task.WhenAny(_errorReader, Task.Delay(PipeGrace, _time)).ConfigureAwait(false);
        int exitCode = _process.ExitCode;
        if (_inputFailure is { } failure)
        {
            throw failure;
        }

        _cancellationToken.ThrowIfCancellationRequested();
        return new CommandExit(exitCode, _errors.ToString(), _errors.TotalBytes, elapsed);
    }

    private async Task VerifyEndAsync()
    {
        CommandExit exit = await Completion.ConfigureAwait(false);
        ThrowIfStopped();
        if (!_request.SuccessExitCodes.Contains(exit.ExitCode))
        {
            throw new StorageCommandException(
                EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction,
                $"'{_request.Program}' on localhost failed with exit code {exit.ExitCode}: {Words(exit)}")
            { Host = "localhost", Operation = _request.Operation ?? _request.Program, ExitCode = exit.ExitCode, StandardErrorTail = exit.StandardErrorTail };
        }
    }

    private static string Words(CommandExit exit) => exit.StandardErrorTail.Length == 0 ? "it gave no reason." : exit.StandardErrorTail;

    private void ThrowIfStopped()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, typeof(ICommandExecution));
    }

    private Task EndAsync()
    {
        lock (_endGate)
        {
            return _ending ??= EndOnceAsync();
        }
    }

    private async Task EndOnceAsync()
    {
        bool running = !_process.HasExited;
        if (running)
        {
            await _stop.CancelAsync().ConfigureAwait(false);
            Signal(ProcessSignals.Terminate);
            Task exited = _process.WaitForExitAsync(CancellationToken.None);
            await Task.WhenAny(exited, Task.Delay(Grace, _time)).ConfigureAwait(false);
            Signal(ProcessSignals.Kill);
            await exited.ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(_outputEnded.Task, _inputWriter), Task.Delay(PipeGrace, _time)).ConfigureAwait(false);
        await _input.DisposeAsync().ConfigureAwait(false);
        await Completion.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
            .ConfigureAwait(false);
    }

    private void Signal(int signal)
    {
        // No group: there is no setsid, or it has not made the group yet, and then the program itself has not begun.
        bool sent = _ownGroup && ProcessSignals.SendToGroup(_processId, signal);
        if (!sent && (_ownGroup || signal == ProcessSignals.Kill) && !_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }
    }
}
