namespace Spectre.Console;

/// <summary>Is in no other assembly of this name: whoever gets the host's copy cannot call it.</summary>
public static class AcmeConsole
{
    public static string Version => $"Spectre.Console {typeof(AcmeConsole).Assembly.GetName().Version}";
}
