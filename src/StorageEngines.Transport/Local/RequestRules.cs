namespace StorageEngines.Transport;

/// <summary>What every runner refuses before it starts anything.</summary>
internal static class RequestRules
{
    public const int MaxStandardErrorLimit = 16 * 1024 * 1024;

    /// <summary>Throws if the request is malformed.</summary>
    /// <param name="request">What is to be run.</param>
    /// <exception cref="ArgumentException">It is malformed; the message says how.</exception>
    public static void Check(CommandRequest request)
    {
        if (request.Program.Length == 0 || request.Program.Contains('\0'))
        {
            throw new ArgumentException("A program's name is not empty and holds no NUL.", nameof(request));
        }

        if (request.MaxStandardErrorBytes is < 0 or > MaxStandardErrorLimit)
        {
            throw new ArgumentException($"MaxStandardErrorBytes is {request.MaxStandardErrorBytes}; it is 0 to {MaxStandardErrorLimit}.", nameof(request));
        }

        foreach ((string name, string value) in request.Environment)
        {
            if (name.Length == 0 || name.Contains('=') || name.Contains('\0') || value.Contains('\0'))
            {
                throw new ArgumentException("A variable's name is not empty and holds neither '=' nor NUL; its value holds no NUL.", nameof(request));
            }
        }
    }
}
